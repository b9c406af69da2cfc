/** Fields of VirtualService as its published schema has them. @see https://istio.io/latest/docs/reference/config/networking/virtual-service/ */
import { decimal, flag, list, map, object, oneOf, text } from '../shape.ts';
import { destination, duration, int32, uint32 } from './shared.ts';

const stringMatch = object({ exact: text(), prefix: text(), regex: text() }, { exclusive: [['exact', 'prefix', 'regex']] });

const percent = object({ value: decimal() });

const headerOperations = object({ add: map(text()), remove: list(text()), set: map(text()) });

const headers = object({ request: headerOperations, response: headerOperations });

const route = object({ destination, weight: int32 }, { required: ['destination'] });

export const virtualServiceShape = object({
  exportTo: list(text()),
  gateways: list(text()),
  hosts: list(text()),
  http: list(object({
    corsPolicy: object({
      allowCredentials: flag,
      allowHeaders: list(text()),
      allowMethods: list(text()),
      allowOrigin: list(text()),
      allowOrigins: list(stringMatch),
      exposeHeaders: list(text()),
      maxAge: duration,
      unmatchedPreflights: oneOf('UNSPECIFIED', 'FORWARD', 'IGNORE'),
    }),
    delegate: object({ name: text(), namespace: text() }),
    directResponse: object({ body: object({ bytes: text(), string: text() }, { exclusive: [['bytes', 'string']] }), status: uint32 }, { required: ['status'] }),
    fault: object({
      abort: object(
        {
          grpcStatus: text(),
          http2Error: text(),
          httpStatus: int32,
          percentage: percent,
        },
        { exclusive: [['grpcStatus', 'http2Error', 'httpStatus']] },
      ),
      delay: object(
        {
          exponentialDelay: duration,
          fixedDelay: duration,
          percent: int32,
          percentage: percent,
        },
        { exclusive: [['exponentialDelay', 'fixedDelay']] },
      ),
    }),
    headers,
    match: list(object({
      authority: stringMatch,
      gateways: list(text()),
      headers: map(stringMatch),
      ignoreUriCase: flag,
      method: stringMatch,
      name: text(),
      port: uint32,
      queryParams: map(stringMatch),
      scheme: stringMatch,
      sourceLabels: map(text()),
      sourceNamespace: text(),
      statPrefix: text(),
      uri: stringMatch,
      withoutHeaders: map(stringMatch),
    })),
    mirror: destination,
    mirror_percent: uint32,
    mirrorPercent: uint32,
    mirrorPercentage: percent,
    mirrors: list(object({ destination, percentage: percent }, { required: ['destination'] })),
    name: text(),
    redirect: object(
      {
        authority: text(),
        derivePort: oneOf('FROM_PROTOCOL_DEFAULT', 'FROM_REQUEST_PORT'),
        port: uint32,
        prefixRewrite: text(),
        redirectCode: uint32,
        scheme: text(),
        uri: text(),
      },
      { exclusive: [['derivePort', 'port']] },
    ),
    retries: object({
      attempts: int32,
      backoff: duration,
      perTryTimeout: duration,
      retryIgnorePreviousHosts: flag,
      retryOn: text(),
      retryRemoteLocalities: flag,
    }),
    rewrite: object({ authority: text(), uri: text(), uriRegexRewrite: object({ match: text(), rewrite: text() }) }),
    route: list(object({ destination, headers, weight: int32 }, { required: ['destination'] })),
    timeout: duration,
  })),
  tcp: list(object({
    match: list(object({
      destinationSubnets: list(text()),
      gateways: list(text()),
      port: uint32,
      sourceLabels: map(text()),
      sourceNamespace: text(),
      sourceSubnet: text(),
    })),
    route: list(route),
  })),
  tls: list(object(
    {
      match: list(object(
        {
          destinationSubnets: list(text()),
          gateways: list(text()),
          port: uint32,
          sniHosts: list(text()),
          sourceLabels: map(text()),
          sourceNamespace: text(),
        },
        { required: ['sniHosts'] },
      )),
      route: list(route),
    },
    { required: ['match'] },
  )),
});
