"""Staff screens. A view reads the request, calls one action or report, and renders."""
