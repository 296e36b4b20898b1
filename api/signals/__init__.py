"""What signals show, as their controllers tell it; handed on to the workers, kept by nobody."""
