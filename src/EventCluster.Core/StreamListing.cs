using EventCluster.Abstractions.Store;
using EventCluster.Abstractions.Streams;
using EventCluster.Core.State;
using EventCluster.Protocol;

namespace EventCluster.Core;

/// <summary>Streams as the store lists them; owners are not asked.</summary>
public static class StreamListing
{
    /// <summary>Live streams in byte order of names; see <see cref="IStreamDirectory.ListAsync"/>.</summary>
    public static async ValueTask<StreamPage> ListAsync(
        ILogStore store, string prefix, StreamName? after, int limit, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(store);
        List<StreamDescriptor> streams = [];
        var from = after;
        while (true)
        {
            var wanted = limit - streams.Count + 1;
            var heads = await store.ListAsync(prefix, from, wanted, cancellationToken);
            foreach (var head in heads)
            {
                if (streams.Count == limit)
                {
                    return new StreamPage(streams, streams[^1].Name);
                }

                var view = StreamView.Of(head);
                if (view.IsLive)
                {
                    streams.Add(view.Descriptor);
                }

                from = head.Name;
            }

            if (heads.Count < wanted)
            {
                return new StreamPage(streams, Next: null);
            }
        }
    }
}
