import type { Alarm, AlarmMetric, Alert } from './alert.js';
import { ALERTS } from './alerts/index.js';
import { checkAttributes } from './promql.js';
import { runbookOf } from './rules.js';

/** The dimension that the exporter `awsemf` of the OpenTelemetry Collector adds: the name of the meter. */
const METER = { Name: 'OTelLib', Value: 'nestjs-redis-session' };
const SECONDS_PER_MINUTE = 60;

/** Returns a CloudFormation template with an alarm for each alert. */
export function cloudWatchFile(): string {
  const template = {
    AWSTemplateFormatVersion: '2010-09-09',
    Description:
      'Alarms on the metrics of nestjs-redis-session, as the exporter awsemf of the OpenTelemetry Collector writes them',
    Parameters: {
      Namespace: { Type: 'String', Description: 'The option "namespace" of the exporter' },
      TopicArn: { Type: 'String', Description: 'The SNS topic that receives the alarms' },
    },
    Resources: Object.fromEntries(ALERTS.map((alert) => [alert.name, alarmOf(alert)])),
  };
  return JSON.stringify(template);
}

function alarmOf(alert: Alert): object {
  const { alarm, name, summary } = alert;
  return {
    Type: 'AWS::CloudWatch::Alarm',
    Properties: {
      AlarmName: { 'Fn::Sub': `\${AWS::StackName}-${name}` },
      AlarmDescription: `${summary}. Runbook: ${runbookOf(alert)}`,
      AlarmActions: [{ Ref: 'TopicArn' }],
      OKActions: [{ Ref: 'TopicArn' }],
      Metrics: queriesOf(alarm, summary),
      ComparisonOperator: alarm.comparison,
      Threshold: alarm.threshold,
      EvaluationPeriods: alarm.periods,
      TreatMissingData: 'notBreaching',
    },
  };
}

function queriesOf({ metrics, expression, periodMinutes }: Alarm, label: string): object[] {
  const queries = Object.entries(metrics).map(([id, metric]) => ({
    Id: id,
    MetricStat: {
      Metric: {
        Namespace: { Ref: 'Namespace' },
        MetricName: metric.name,
        Dimensions: dimensionsOf(metric),
      },
      Period: periodMinutes * SECONDS_PER_MINUTE,
      Stat: metric.statistic,
    },
    ReturnData: expression === undefined,
  }));
  if (expression === undefined) return queries;
  return [...queries, { Id: 'result', Expression: expression, Label: label, ReturnData: true }];
}

/** Returns the dimensions of a metric. The exporter rolls metrics up by no attribute, and by each single one. */
function dimensionsOf({ name, attributes = {} }: AlarmMetric): object[] {
  checkAttributes(name, attributes);
  const own = Object.entries(attributes).map(([Name, Value]) => ({ Name, Value }));
  if (own.length > 1) throw new Error(`${name}: expected at most one attribute, received ${own.length}`);
  return [METER, ...own];
}
