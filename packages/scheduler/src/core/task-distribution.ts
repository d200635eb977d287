/**
 * How tasks are dealt to executors.
 *   locality      spread, and of equals to who has most of the input
 *   round-robin   spread, whatever lies where
 *   bias          to who has most of the stage already, so that others stay free
 */
export type TaskDistribution = 'locality' | 'round-robin' | 'bias'
