"""Drop and grow: the rule of RigL, SET and their kin, and its combinators.

    updater = rigl(counts, stop_step=7500)
    updater = structured(updater, 'n_m', (4,))
    updater = starting_at(updater, 'normal', grow_scale=0.5)

A combinator is a function from a method to a method that changes one part of
the rule (`drop_and_grow.DropAndGrow`), whatever the order. A config names them
by the fields of `options`.
"""
