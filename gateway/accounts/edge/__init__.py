"""What stands before every request, as plain ASGI: limits of requests and web sockets, headers, origins, and the
access log."""
