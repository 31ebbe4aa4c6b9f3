"""The HTTP surface: routers, problems and the guards in front of them."""
