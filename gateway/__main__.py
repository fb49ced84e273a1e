"""``python -m gateway`` is ``shuxin``."""

from gateway.command import main

main()
