"""An exception comes in, its recommendation goes out; and every way to look at it afterwards."""
