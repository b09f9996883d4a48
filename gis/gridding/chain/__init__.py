"""The chain of edges: whether polygons partition their parent exactly, and if not, where they do not.

Every polygon is the sum of its directed edges. Added up over a set of polygons, less the edges of their
parent, shared edges cancel. What is left is the border of all that is covered too often or not at all;
nothing left proves an exact partition. `docs/checking.md` explains it.
"""
