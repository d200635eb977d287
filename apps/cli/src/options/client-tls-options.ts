/** The flags by which a client knows a cluster below TLS, and shows itself to it. */
import type { OptionSpec } from './command-options.js'

export const clientTlsOptions: readonly OptionSpec[] = [
  { flags: '--tls-ca <file>', help: 'authority (PEM) that the certificate of the cluster is checked against' },
  { flags: '--tls-cert <file>', help: 'certificate (PEM) to show to the cluster' },
  { flags: '--tls-key <file>', help: 'private key (PEM) of that certificate' },
]
