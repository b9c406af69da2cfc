/** The words for assumptions that a result stands on besides the standing ones. Ids are stable, texts are for readers. */
export function assumptionText(id: string): string {
  const colon = id.indexOf(':');
  const kind = colon < 0 ? id : id.slice(0, colon);
  const about = id.slice(colon + 1);
  switch (kind) {
    case 'enrolment':
      return about === '*' ? 'some namespace in the mesh has such pods' : `the pods of namespace \`${about}\` are in the mesh: no manifest says so or denies it`;
    case 'provider':
      return `the external authorization provider \`${about}\` exists and is asked on HTTP and on TCP: the mesh configuration is not in the repository`;
    case 'provider-service':
      return `the Service at which the external authorization provider \`${about}\` is reached exists: no manifest in the repository declares it`;
    case 'tie':
      return `${about === 'mesh' ? 'the mesh has' : `\`${about}\` has`} several PeerAuthentications and which is the oldest is not known: the weakest is taken, and on the base the strictest where the head holds others`;
    default:
      return id;
  }
}
