"""The live side: what changes of jobs reach viewers by, whichever gateway process they are connected to."""
