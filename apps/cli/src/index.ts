/** What tests and benchmarks start: clusters of real processes. */
export {
  startLocalCluster, type LocalCluster, type LocalClusterOptions, type LocalExecutor,
} from './processes/local-cluster.js'
