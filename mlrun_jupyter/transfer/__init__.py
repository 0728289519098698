"""Projects on the move: out of a store, into another, through a file, or from another tracker.

Whatever is read from gives the same stream of items (:mod:`.items`), and :mod:`.intake` alone writes them.
"""
