"""Studies of lottery tickets: found, rewound and judged."""
