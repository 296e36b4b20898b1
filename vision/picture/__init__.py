"""What is read from the picture itself: how well the camera sees, what its signals show, what lies on the road."""

from vision.picture.watching import PictureSeen, PictureWatch

__all__ = ["PictureSeen", "PictureWatch"]
