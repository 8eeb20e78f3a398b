"""Short programs that show how jaxsparse is used; README.md lists them."""
