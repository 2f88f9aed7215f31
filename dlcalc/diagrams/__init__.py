"""A network as a picture: blocks to scale along arrows, as one SVG."""

from .svg import network_svg

__all__ = ["network_svg"]
