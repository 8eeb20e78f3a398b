"""The Optax side of sparse training.

`masked` restricts updates to the masks; `reset` resets the statistics of
weights that left or entered the masks to their initial values; `supported`
refuses, before anything compiles, the optimisers for which this cannot be done.
`regrown` corrects the moments of weights that entered by each weight's age.
`transition` combines them: it defines the optimiser step, the mask step and
their order of events. `sparsify` wraps the transitions as an Optax
transformation for custom training loops:

    from jaxsparse.optim.sparsify import sparsify, sparsify_params
"""
