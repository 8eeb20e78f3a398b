"""The Optax side of sparse training.

`masked` moves only what the masks let move; `reset` brings the statistics of
weights that left or entered the masks back to where the optimiser starts them;
`supported` refuses, before anything compiles, the optimisers for which this
cannot be done. `regrown` says how the moments of weights that entered start;
`own_age` corrects their bias by each weight's age. `transition` puts them
together: the optimiser step and the mask step, the one place that says what
happens in which order. `sparsify` wraps the transitions as an Optax
transformation for loops of the user's own:

    from jaxsparse.optim.sparsify import sparsify, sparsify_params
"""
