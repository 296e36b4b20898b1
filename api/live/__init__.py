"""Events and health as they happen, and the cameras' live views."""
