import { METRICS } from 'nestjs-redis-session/telemetry';
import { read } from '../../scripts/docs.mjs';
import { ALERTS } from '../../ops/source/alerts/index.js';

interface Query {
  readonly Id: string;
  readonly Expression?: string;
  readonly ReturnData: boolean;
  readonly MetricStat?: {
    readonly Metric: {
      readonly MetricName: string;
      readonly Dimensions: readonly { readonly Name: string }[];
    };
    readonly Period: number;
    readonly Stat: string;
  };
}

interface AlarmProperties {
  readonly [name: string]: unknown;
  readonly Metrics: readonly Query[];
}

interface Template {
  readonly Parameters: object;
  readonly Resources: Readonly<
    Record<string, { readonly Type: string; readonly Properties: AlarmProperties }>
  >;
}

/** The properties of AWS::CloudWatch::Alarm that a template with metric queries may have. */
const PROPERTIES = [
  ...['ActionsEnabled', 'AlarmActions', 'AlarmDescription', 'AlarmName', 'ComparisonOperator'],
  ...['DatapointsToAlarm', 'EvaluationPeriods', 'InsufficientDataActions', 'Metrics', 'OKActions', 'Tags'],
  ...['Threshold', 'TreatMissingData'],
];
const FUNCTIONS = new Set(['FILL']);

const template = JSON.parse(read('ops/cloudwatch/alarms.json')) as Template;
const alarms = Object.entries(template.Resources);

describe('the CloudFormation template', () => {
  it('defines an alarm for each alert', () => {
    expect(alarms.map(([name]) => name)).toEqual(ALERTS.map(({ name }) => name));
  });

  it.each(alarms)('%s has the properties of an alarm with metric queries', (_name, { Type, Properties }) => {
    expect(Type).toBe('AWS::CloudWatch::Alarm');
    expect(Object.keys(Properties).filter((name) => !PROPERTIES.includes(name))).toEqual([]);
    expect(Properties).toMatchObject({
      ComparisonOperator: expect.stringMatching(/^(GreaterThan|LessThan)(OrEqualTo)?Threshold$/) as string,
      EvaluationPeriods: expect.any(Number) as number,
      Threshold: expect.any(Number) as number,
      TreatMissingData: 'notBreaching',
    });
  });

  it.each(alarms)('%s returns one series, over metrics of the list', (_name, { Properties: { Metrics } }) => {
    expect(Metrics.filter(({ ReturnData }) => ReturnData)).toHaveLength(1);
    expect(new Set(Metrics.map(({ Id }) => Id)).size).toBe(Metrics.length);
    for (const { Id, Expression, MetricStat } of Metrics) {
      expect(Id).toMatch(/^[a-z]\w*$/);
      expect((Expression === undefined) !== (MetricStat === undefined)).toBe(true);
      if (!MetricStat) continue;
      expect(MetricStat.Period % 60).toBe(0);
      const metric = METRICS.find(({ name }) => name === MetricStat.Metric.MetricName);
      const [meter, ...attributes] = MetricStat.Metric.Dimensions.map(({ Name }) => Name);
      expect(meter).toBe('OTelLib');
      expect(Object.keys(metric?.attributes ?? {})).toEqual(expect.arrayContaining(attributes));
    }
    const known = new Set(Metrics.map(({ Id }) => Id));
    const used = Metrics.flatMap(({ Expression = '' }) => Expression.match(/[a-z]\w*/gi) ?? []);
    expect(used.filter((name) => !known.has(name) && !FUNCTIONS.has(name))).toEqual([]);
  });

  it('uses only its parameters', () => {
    const references = [...JSON.stringify(template).matchAll(/\{"Ref":"(\w+)"\}/g)].map(([, name]) => name);
    expect(new Set(references)).toEqual(new Set(Object.keys(template.Parameters)));
  });
});
