using EventCluster.Delivery.Framing;

namespace EventCluster.Edge.Sessions;

/// <summary>A large event on its way to a client.</summary>
/// <param name="Subscription">Whose event it is.</param>
/// <param name="Event">The event.</param>
/// <param name="IsCaughtUp">It is the last one of its instant.</param>
/// <param name="AtEnd">It is the last one of a closed stream.</param>
internal sealed record LargeDelivery(Subscription Subscription, LargeEvent Event, bool IsCaughtUp, bool AtEnd);
