using System.Net;
using EventCluster.Abstractions.Streams;
using EventCluster.Benchmarks.Running;
using EventCluster.Benchmarks.Store;
using EventCluster.Core;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;

namespace EventCluster.Benchmarks.Http;

/// <summary>The whole path in this process, so that its allocations can be counted: Kestrel, edge, log, embedded store.</summary>
public sealed class InProcessServer : IAsyncDisposable
{
    private readonly TemporaryStore _store;
    private readonly WebApplication _application;

    private InProcessServer(TemporaryStore store, LocalStreamDirectory directory, WebApplication application)
    {
        _store = store;
        Directory = directory;
        _application = application;
        var addresses = application.Services.GetRequiredService<IServer>().Features.Get<IServerAddressesFeature>()!;
        Url = new Uri(addresses.Addresses.First());
    }

    /// <summary>The log, without the HTTP around it.</summary>
    public LocalStreamDirectory Directory { get; }

    /// <summary>Where it listens.</summary>
    public Uri Url { get; }

    /// <summary>Where it listens.</summary>
    public IPEndPoint EndPoint => new(IPAddress.Loopback, Url.Port);

    /// <summary>Starts one on a temporary store.</summary>
    public static async Task<InProcessServer> StartAsync(BenchmarkSettings settings)
    {
        var store = await TemporaryStore.OpenAsync(settings);
        var directory = new LocalStreamDirectory(
            store.Store, new LocalStreamDirectoryOptions(), TimeProvider.System, new Random(1), NullLogger<LocalStreamDirectory>.Instance);
        var builder = WebApplication.CreateSlimBuilder();
        builder.WebHost.UseUrls("http://127.0.0.1:0");
        builder.Logging.ClearProviders();
        builder.Services.AddSingleton<IStreamDirectory>(directory);
        builder.Services.AddEventClusterEdge(_ => { });
        var application = builder.Build();
        application.UseEventClusterEdge();
        await application.StartAsync();
        return new InProcessServer(store, directory, application);
    }

    /// <inheritdoc />
    public async ValueTask DisposeAsync()
    {
        await _application.StopAsync();
        await _application.DisposeAsync();
        await Directory.DisposeAsync();
        await _store.DisposeAsync();
    }
}
