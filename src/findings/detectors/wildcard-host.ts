/** A gateway's server serves every host: whoever may write a route decides what is public (M110, M115). */
import { resourceId } from '#manifests/resource.ts';
import { defineDetector } from '../detector.ts';
import { named } from '../text.ts';

export const wildcardHost = defineDetector({
  rule: 'wildcard-host',
  detectState: (side) =>
    side.of('Gateway').flatMap((gateway) =>
      gateway.spec.servers.flatMap((server, index) => {
        const at = server.hosts.findIndex((host) => host.slice(host.indexOf('/') + 1) === '*');
        if (at < 0 || server.tls?.httpsRedirect === true) return [];
        return [
          {
            subject: resourceId(gateway),
            facet: String(server.port.number),
            affected: [`${server.port.number} ${JSON.stringify(gateway.spec.selector ?? {})}`],
            place: { resource: gateway, path: ['spec', 'servers', index, 'hosts', at] },
            message: `${named(gateway)} serves every host on port ${server.port.number}`,
            impact: 'any VirtualService that may bind to it publishes its workload, whatever its host is',
            remedy: 'name the hosts, with the namespace that may bind them (`namespace/host`)',
            validation: { positive: 'a host that is named is answered', negative: 'a request with any other host is answered with 404' },
          },
        ];
      }),
    ),
});
