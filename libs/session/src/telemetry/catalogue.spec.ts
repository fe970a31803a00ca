import { METRICS } from './catalogue.js';
import { prometheusLabel, prometheusName } from './metric.js';

const NAME = /^[a-z][a-z0-9_]*(\.[a-z][a-z0-9_]*)+$/;

describe('the catalogue of metrics', () => {
  it('names metrics and attributes as OpenTelemetry does, each once', () => {
    const names = METRICS.map(({ name }) => name);
    expect(new Set(names).size).toBe(names.length);
    for (const name of [...names, ...METRICS.flatMap(({ attributes }) => Object.keys(attributes))])
      expect(name).toMatch(NAME);
  });

  it.each(METRICS)('describes $name', ({ kind, unit, description, attributes, buckets }) => {
    expect(description).toMatch(/^[A-Z].*\.$/);
    expect(unit).toMatch(/^(s|By|1|\{[a-z_]+\})$/);
    expect(buckets !== undefined).toBe(kind === 'histogram');
    if (buckets) expect(buckets).toEqual([...buckets].sort((one, other) => one - other));
    for (const values of Object.values(attributes)) expect(new Set(values).size).toBe(values.length);
  });

  it('gives each metric another name in Prometheus, with its unit', () => {
    const names = METRICS.map(prometheusName);
    expect(new Set(names).size).toBe(names.length);
    expect(names).toEqual(
      expect.arrayContaining([
        'session_requests_total',
        'db_client_operation_duration_seconds',
        'session_size_bytes',
        'session_live_sessions',
        'session_live_error_ratio',
      ]),
    );
    expect(prometheusLabel('db.operation.name')).toBe('db_operation_name');
  });
});
