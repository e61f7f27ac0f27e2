using EventCluster.Delivery.Reading;
using EventCluster.Edge.Sessions;
using EventCluster.Protocol;

namespace EventCluster.Edge.SignalR;

/// <summary>The arguments of <c>SubscribeMany</c>.</summary>
/// <param name="Streams">The streams, in the order that the cursor depends on.</param>
/// <param name="Starts">Where each begins.</param>
/// <param name="Options">How they are delivered; its start does not count.</param>
/// <param name="Window">Least time between two deliveries.</param>
internal sealed record HubManyRequest(
    IReadOnlyList<StreamName> Streams, IReadOnlyList<ReadStart> Starts, SubscribeOptions Options, TimeSpan Window);
