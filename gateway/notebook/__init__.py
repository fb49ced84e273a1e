"""For notebooks: ``%load_ext gateway.notebook`` brings ``%%authorized``, cells that run only under grants in force."""

from gateway.notebook.magic import load_ipython_extension

__all__ = ["load_ipython_extension"]
