using System.Collections.Concurrent;
using System.IO.Pipelines;
using System.Net;
using Microsoft.AspNetCore.Connections;
using Microsoft.AspNetCore.Http.Features;

namespace EventCluster.Orleans.Tests.Connections;

/// <summary>One end of a connection in memory.</summary>
internal sealed class PipeConnection : ConnectionContext
{
    private PipeConnection(PipeReader input, PipeWriter output)
    {
        Transport = new Duplex(input, output);
        RemoteEndPoint = new IPEndPoint(IPAddress.Loopback, 1);
    }

    public override string ConnectionId { get; set; } = "pipe";

    public override IFeatureCollection Features { get; } = new FeatureCollection();

    public override IDictionary<object, object?> Items { get; set; } = new ConcurrentDictionary<object, object?>();

    public override IDuplexPipe Transport { get; set; }

    /// <summary>Whether this end was aborted.</summary>
    public bool IsAborted { get; private set; }

    /// <summary>Both ends.</summary>
    public static (PipeConnection One, PipeConnection Other) Pair()
    {
        var (there, back) = (new Pipe(), new Pipe());
        return (new PipeConnection(back.Reader, there.Writer), new PipeConnection(there.Reader, back.Writer));
    }

    public override void Abort(ConnectionAbortedException abortReason)
    {
        IsAborted = true;
        Transport.Input.CancelPendingRead();
        Transport.Output.Complete(abortReason);
    }

    /// <summary>Sends the end.</summary>
    public void End() => Transport.Output.Complete();

    private sealed record Duplex(PipeReader Input, PipeWriter Output) : IDuplexPipe;
}
