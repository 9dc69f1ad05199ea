"""Many protocols in, one outcome each, kept in a folder that survives a crash.

``run`` drives: ``sources`` finds the files, ``workers`` (or ``cluster``) analyses them, ``store`` keeps what comes back, and
``export`` writes it out.
"""
