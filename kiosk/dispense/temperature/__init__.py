"""How warm it is and was, and what that did to what is inside."""
