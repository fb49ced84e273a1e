"""The embedded chain as others ask it: Ethereum's JSON-RPC methods as a plain table of functions, their bounded
parameters and answers, and the HTTP server in front."""
