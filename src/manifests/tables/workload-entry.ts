/** Fields of WorkloadEntry as its published schema has them. @see https://istio.io/latest/docs/reference/config/networking/workload-entry/ */
export { endpoint as workloadEntryShape } from './shared.ts';
