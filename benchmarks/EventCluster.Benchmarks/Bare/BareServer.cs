using System.Globalization;
using System.Net;
using EventCluster.Protocol;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.AspNetCore.Server.Kestrel.Transport.Sockets;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;

namespace EventCluster.Benchmarks.Bare;

/// <summary>
/// What the platform gives: Kestrel with the product's socket settings, events flushed to disk in groups before they are
/// acknowledged, and one thread that writes frames shared by all readers. It has none of the product's duties (no checks,
/// no offsets of its own, no producers, no retention, no limits, streams in memory only), so it is the limit that
/// EventCluster is held against in the same minutes. Started as a process of its own: <c>bare PORT FILE</c>.
/// </summary>
public static class BareServer
{
    /// <summary>The first argument of the process.</summary>
    public const string Command = "bare";

    private static readonly byte[] Opening = "retry: 2000\n\n"u8.ToArray();

    /// <summary>Serves until the process is ended.</summary>
    /// <param name="port">Where to listen, on loopback.</param>
    /// <param name="file">The journal, overwritten.</param>
    public static async Task RunAsync(int port, string file)
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.ConfigureKestrel(kestrel =>
        {
            kestrel.AddServerHeader = false;
            kestrel.Limits.MinResponseDataRate = null;
            kestrel.Listen(IPAddress.Loopback, port, listen => listen.Protocols = HttpProtocols.Http1);
        });
        builder.Services.Configure<SocketTransportOptions>(sockets =>
        {
            sockets.UnsafePreferInlineScheduling = true;
            sockets.Backlog = 4096;
        });
        using var pump = new BarePump();
        await using var journal = await BareJournal.StartAsync(file, pump);
        var streams = new BareStreams();
        var app = builder.Build();
        app.Run(context => context.Request.Method switch
        {
            "PUT" => Create(context, streams),
            "POST" => AppendAsync(context, streams, journal),
            _ => FollowAsync(context, streams, pump),
        });
        await app.RunAsync();
    }

    private static Task Create(HttpContext context, BareStreams streams)
    {
        streams.Create(context.Request.Path.Value!);
        context.Response.StatusCode = StatusCodes.Status201Created;
        return Task.CompletedTask;
    }

    private static async Task AppendAsync(HttpContext context, BareStreams streams, BareJournal journal)
    {
        var stream = streams[context.Request.Path.Value!];
        var body = context.Request.BodyReader;
        var read = await body.ReadAtLeastAsync((int)context.Request.ContentLength!.Value);
        var append = new BareAppend(stream, read.Buffer);
        body.AdvanceTo(read.Buffer.End);
        var position = await journal.CommitAsync(append);
        stream.DeliverToSingle();
        context.Response.StatusCode = StatusCodes.Status204NoContent;
        context.Response.Headers[HeaderNames.NextOffset] = position.ToString(CultureInfo.InvariantCulture);
    }

    private static async Task FollowAsync(HttpContext context, BareStreams streams, BarePump pump)
    {
        context.Features.Get<IHttpResponseBodyFeature>()!.DisableBuffering();
        context.Response.ContentType = "text/event-stream";
        await context.Response.StartAsync();
        var writer = context.Response.BodyWriter;
        await writer.WriteAsync(Opening);
        var stream = streams[context.Request.Path.Value!];
        var offset = context.Request.Query["offset"].ToString();
        var reader = new BareReader(stream, writer, pump, offset == "now" ? null : int.Parse(offset, CultureInfo.InvariantCulture));
        stream.Join(reader);
        pump.Wake(stream);
        try
        {
            await Task.Delay(Timeout.InfiniteTimeSpan, TimeProvider.System, context.RequestAborted);
        }
        catch (OperationCanceledException)
        {
            // The client left.
        }

        stream.Leave(reader);
    }
}
