import { stringify } from 'yaml';
import type { Alert, AlertCase, ExpectedAlert } from './alert.js';
import { ALERTS } from './alerts/index.js';

/** The page with the runbooks, relative to the root of the repository. */
export const RUNBOOKS = 'docs/operations/alerts.md';
/** The file of the rules, relative to the file of their tests. */
const RULES_FILE = 'alerts.yml';
/** The part of a description that Prometheus replaces by the value. */
const VALUE = /\{\{ \$value \| \w+ \}\}/g;
const LABEL = /\{\{ \$labels\.(\w+) \}\}/g;

/** Returns the link to the runbook of an alert. Headings have the names that GitHub and VitePress give to anchors. */
export function runbookOf({ name }: Alert): string {
  return `${RUNBOOKS}#${name.toLowerCase()}`;
}

/** Returns the rules for Prometheus. */
export function rulesFile(): string {
  const rules = ALERTS.map((alert) => ({
    alert: alert.name,
    expr: alert.expression,
    ...(alert.forMinutes > 0 && { for: `${alert.forMinutes}m` }),
    labels: { severity: alert.severity },
    annotations: annotationsOf(alert),
  }));
  return yaml({ groups: [{ name: 'nestjs-redis-session', rules }] });
}

/** Returns the tests of the rules for `promtool test rules`. */
export function rulesTestFile(): string {
  const tests = ALERTS.flatMap((alert) => alert.cases.map((each) => testOf(alert, each)));
  return yaml({ rule_files: [RULES_FILE], evaluation_interval: '1m', tests });
}

function annotationsOf(alert: Alert): Record<string, string> {
  const { summary, description } = alert;
  return { summary, description, runbook_url: runbookOf(alert) };
}

function testOf(alert: Alert, { title, series, afterMinutes, fires }: AlertCase): object {
  const expected = fires.map((each) => ({
    exp_labels: { severity: alert.severity, ...each.labels },
    exp_annotations: {
      ...annotationsOf(alert),
      description: rendered(alert.description, each),
    },
  }));
  return {
    name: `${alert.name}: ${title}`,
    interval: '1m',
    input_series: Object.entries(series).map(([name, values]) => ({ series: name, values })),
    alert_rule_test: [{ eval_time: `${afterMinutes}m`, alertname: alert.name, exp_alerts: expected }],
  };
}

function rendered(description: string, { labels, value = '' }: ExpectedAlert): string {
  return description
    .replaceAll(LABEL, (_part, name: string) => labels[name] ?? '')
    .replaceAll(VALUE, () => value);
}

function yaml(content: object): string {
  return stringify(content, { lineWidth: 0 });
}
