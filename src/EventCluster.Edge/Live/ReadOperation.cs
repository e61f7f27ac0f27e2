using EventCluster.Edge.Http;
using EventCluster.Protocol;
using Microsoft.AspNetCore.Http;

namespace EventCluster.Edge.Live;

/// <summary>One GET on its way through a transport.</summary>
/// <param name="Context">The request and its response.</param>
/// <param name="Name">The stream.</param>
/// <param name="Query">Its query.</param>
/// <param name="Start">Where it begins: <c>Last-Event-ID</c> before the query (CORRECTNESS rule 16).</param>
/// <param name="IsReconnect">The start comes from <c>Last-Event-ID</c>.</param>
/// <param name="Reader">Its way through the stream.</param>
internal sealed record ReadOperation(
    HttpContext Context, StreamName Name, ReadQuery Query, ReadStart Start, bool IsReconnect, PositionReader Reader);
