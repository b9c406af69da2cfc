/** Fields of ProxyConfig as its published schema has them. @see https://istio.io/latest/docs/reference/config/networking/proxy-config/ */
import { workloadSelectorShape } from '../selector.ts';
import { map, object, text, whole } from '../shape.ts';

export const proxyConfigShape = object({
  concurrency: whole({ min: 0 }),
  environmentVariables: map(text({ maxLength: 2048 })),
  image: object({ imageType: text() }),
  selector: workloadSelectorShape,
});
