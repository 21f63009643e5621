#!/usr/bin/env bash
# whydown 0.1.0
# Read before you run. Nothing in here has been run, and the steps of one finding can be alternatives.
# No finding names a command.
