"""The EVM of the embedded chain and its state: py-evm's rules, a faster way through plain instructions, and contract
storage over tries that are changed once a block."""
