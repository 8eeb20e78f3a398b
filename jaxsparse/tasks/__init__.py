"""Tasks: a model with a loss, one a file; `config.task` names one.

A task is a function `(module, *, ...) -> training.task.Task` named like its
file. A dotted path to one of the user's own is accepted wherever a name is;
`training.task.supervised` makes one of a loss of logits and labels.
"""
