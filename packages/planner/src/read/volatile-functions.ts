/** Functions whose second evaluation may give another value. */
export const volatileFunctions: ReadonlySet<string> = new Set([
  'random', 'uuid', 'gen_random_uuid', 'uuidv4', 'uuidv7', 'setseed', 'nextval', 'currval',
])
