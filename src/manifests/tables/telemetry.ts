/** Fields of Telemetry as its published schema has them. @see https://istio.io/latest/docs/reference/config/telemetry/ */
import { isSet, textOr, type Fields } from '../reading.ts';
import { targetRefShape, workloadSelectorShape } from '../selector.ts';
import { decimal, flag, list, map, object, oneOf, text } from '../shape.ts';
import { duration } from './shared.ts';

const workloadMode = object({ mode: oneOf('CLIENT_AND_SERVER', 'CLIENT', 'SERVER') });

const provider = object({ name: text({ minLength: 1 }) }, { required: ['name'] });

const environment = object({ defaultValue: text(), name: text({ minLength: 1 }) }, { required: ['name'] });

const taggedValue = object({ value: text({ minLength: 1 }) }, { required: ['value'] });

function tagOverrideRule(tag: Fields): string | undefined {
  if (tag['operation'] === 'UPSERT' && textOr(tag, 'value') === '') return '`UPSERT` needs a value';
  return tag['operation'] === 'REMOVE' && isSet(tag, 'value') ? '`REMOVE` has no value' : undefined;
}

export const telemetryShape = object(
  {
    accessLogging: list(object({ disabled: flag, filter: object({ expression: text() }), match: workloadMode, providers: list(provider) })),
    metrics: list(object({
      overrides: list(object({
        disabled: flag,
        match: object(
          {
            customMetric: text({ minLength: 1 }),
            metric: oneOf('ALL_METRICS', 'REQUEST_COUNT', 'REQUEST_DURATION', 'REQUEST_SIZE', 'RESPONSE_SIZE', 'TCP_OPENED_CONNECTIONS', 'TCP_CLOSED_CONNECTIONS', 'TCP_SENT_BYTES', 'TCP_RECEIVED_BYTES', 'GRPC_REQUEST_MESSAGES', 'GRPC_RESPONSE_MESSAGES'),
            mode: oneOf('CLIENT_AND_SERVER', 'CLIENT', 'SERVER'),
          },
          { exclusive: [['customMetric', 'metric']] },
        ),
        tagOverrides: map(object({ operation: oneOf('UPSERT', 'REMOVE'), value: text() }, { rule: tagOverrideRule })),
      })),
      providers: list(provider),
      reportingInterval: duration,
    })),
    selector: workloadSelectorShape,
    targetRef: targetRefShape,
    targetRefs: list(targetRefShape, { max: 16 }),
    tracing: list(object({
      customTags: map(object(
        {
          environment,
          formatter: taggedValue,
          header: environment,
          literal: taggedValue,
        },
        { exclusive: [['environment', 'formatter', 'header', 'literal']] },
      )),
      disableContextPropagation: flag,
      disableSpanReporting: flag,
      enableIstioTags: flag,
      match: workloadMode,
      providers: list(provider),
      randomSamplingPercentage: decimal({ min: 0, max: 100 }),
      useRequestIdForTraceSampling: flag,
    })),
  },
  { exclusive: [['selector', 'targetRef', 'targetRefs']] },
);
