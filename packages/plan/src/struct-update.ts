/** Writes fields of a struct. As an expression it has each value after a constant that names its field. */
export const updateFunction = 'struct_update'
