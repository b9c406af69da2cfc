/** Fields of DestinationRule as its published schema has them. @see https://istio.io/latest/docs/reference/config/networking/destination-rule/ */
import { workloadSelectorShape } from '../selector.ts';
import { decimal, flag, list, map, object, oneOf, text, whole } from '../shape.ts';
import { connectionPool, duration, int32, portSelector, uint32 } from './shared.ts';

const failover = object({ from: text(), to: text() });

const loadBalancer = object(
  {
    backendUtilization: object({
      errorUtilizationPenaltyPercent: uint32,
      metricNamesForComputingUtilization: list(text()),
      weightExpirationPeriod: text(),
      weightStabilizationPeriod: text(),
      weightUpdatePeriod: text(),
    }),
    consistentHash: object(
      {
        httpCookie: object(
          {
            attributes: list(object({ name: text(), value: text() }, { required: ['name'] })),
            name: text(),
            path: text(),
            ttl: text(),
          },
          { required: ['name'] },
        ),
        httpHeaderName: text(),
        httpQueryParameterName: text(),
        maglev: object({ tableSize: whole({ min: 0 }) }),
        minimumRingSize: whole({ min: 0 }),
        ringHash: object({ minimumRingSize: whole({ min: 0 }) }),
        useSourceIp: flag,
      },
      { exclusive: [['httpCookie', 'httpHeaderName', 'httpQueryParameterName', 'useSourceIp'], ['maglev', 'ringHash']] },
    ),
    localityLbSetting: object({ distribute: list(object({ from: text(), to: map(uint32) })), enabled: flag, failover: list(failover), failoverPriority: list(text()) }),
    simple: oneOf('UNSPECIFIED', 'LEAST_CONN', 'RANDOM', 'PASSTHROUGH', 'ROUND_ROBIN', 'LEAST_REQUEST'),
    warmup: object({ aggression: decimal({ min: 0 }), duration, minimumPercent: decimal({ min: 0, max: 100 }) }, { required: ['duration'] }),
    warmupDurationSecs: duration,
    zoneAwareLbSetting: object({ enabled: flag, failover: list(failover), failoverPriority: list(text()), minClusterSize: whole({ min: 1, max: 4294967295 }) }),
  },
  { exclusive: [['backendUtilization', 'consistentHash', 'simple']] },
);

const outlierDetection = object({
  baseEjectionTime: duration,
  consecutive5xxErrors: uint32,
  consecutiveErrors: int32,
  consecutiveGatewayErrors: uint32,
  consecutiveLocalOriginFailures: uint32,
  interval: duration,
  maxEjectionPercent: int32,
  minHealthPercent: int32,
  outlierDetectionHttpErrorCodes: list(whole({ min: 100, max: 599 })),
  splitExternalLocalOriginErrors: flag,
});

const tls = object({
  caCertificates: text(),
  caCrl: text(),
  clientCertificate: text(),
  credentialName: text(),
  insecureSkipVerify: flag,
  mode: oneOf('DISABLE', 'SIMPLE', 'MUTUAL', 'ISTIO_MUTUAL'),
  privateKey: text(),
  sni: text(),
  subjectAltNames: list(text()),
});

const trafficPolicy = object({
  connectionPool,
  loadBalancer,
  outlierDetection,
  portLevelSettings: list(object({ connectionPool, loadBalancer, outlierDetection, port: portSelector, tls }), { max: 4096 }),
  proxyProtocol: object({ version: oneOf('V1', 'V2') }),
  retryBudget: object({ budgetInterval: text(), minRetryConcurrency: uint32, percent: decimal({ min: 0, max: 100 }) }),
  tls,
  tunnel: object({ protocol: text(), targetHost: text(), targetPort: uint32 }, { required: ['targetHost', 'targetPort'] }),
});

export const destinationRuleShape = object(
  {
    exportTo: list(text()),
    host: text(),
    subsets: list(object({ labels: map(text()), name: text(), trafficPolicy }, { required: ['name'] })),
    trafficPolicy,
    workloadSelector: workloadSelectorShape,
  },
  { required: ['host'] },
);
