"""HTTP on the wire: what a connection may send, and how long it may take to."""
