"""The viewer: session, wire and server."""
