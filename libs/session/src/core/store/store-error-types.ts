/**
 * The causes of failed calls to a store, as metrics name them: those of this package, error codes of Redis in lower case, and
 * `_OTHER`, by which OpenTelemetry names the rest.
 */
export const STORE_ERROR_TYPES = [
  ...['timeout', 'circuit_open', 'not_connected', 'connection_lost'],
  ...['readonly', 'oom', 'loading', 'misconf', 'noperm', 'noauth', 'noreplicas', 'clusterdown', '_OTHER'],
] as const;
