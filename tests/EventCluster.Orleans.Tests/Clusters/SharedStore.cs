using EventCluster.Abstractions.Store;
using EventCluster.TestKit;

namespace EventCluster.Orleans.Tests.Clusters;

/// <summary>One silo's view of a store that all share: a silo that stops closes only its view.</summary>
internal sealed class SharedStore(ILogStore store) : DecoratedLogStore(store, isOwner: false);
