/** A gateway serves plain HTTP and does not redirect to HTTPS (M112). */
import { resourceId } from '#manifests/resource.ts';
import { defineDetector } from '../detector.ts';
import { listed, named } from '../text.ts';

export const ingressPlaintext = defineDetector({
  rule: 'ingress-plaintext',
  detectState: (side) =>
    side.of('Gateway').flatMap((gateway) =>
      gateway.spec.servers.flatMap((server, index) => {
        const plain = /^(HTTP|HTTP2|GRPC)$/i.test(server.port.protocol) && server.tls?.httpsRedirect !== true;
        if (!plain || server.bind === '127.0.0.1') return [];
        return [
          {
            subject: resourceId(gateway),
            facet: String(server.port.number),
            affected: server.hosts.map((host) => `${host}:${server.port.number} ${JSON.stringify(gateway.spec.selector ?? {})}`),
            place: { resource: gateway, path: ['spec', 'servers', index, 'port'] },
            message: `${named(gateway)} serves ${listed(server.hosts)} in plain HTTP on port ${server.port.number}, without a redirect`,
            impact: 'passwords, tokens and cookies of users can be read and changed on the way',
            remedy: 'set `tls.httpsRedirect: true` on this server and serve the hosts on an HTTPS one',
            validation: { positive: 'the host is answered over HTTPS', negative: 'a plain HTTP request is answered with a redirect and nothing else' },
          },
        ];
      }),
    ),
});
