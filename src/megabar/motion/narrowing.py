"""Line width from rigid to narrowed by motion."""
