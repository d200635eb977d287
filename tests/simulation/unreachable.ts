/** Pairs of event and state that cannot meet, each with the reason. */
export const unreachable: ReadonlyMap<string, string> = new Map()
