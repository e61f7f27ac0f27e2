using EventCluster.Hosting.Node;
using Microsoft.Extensions.DependencyInjection;

namespace Microsoft.AspNetCore.Builder;

/// <summary>Puts a single node into a pipeline.</summary>
public static class EventClusterApplicationExtensions
{
    /// <summary>Opens the node's streams, then serves them.</summary>
    /// <exception cref="IOException">The data folder cannot be used; the message is one line for the operator.</exception>
    public static async Task UseEventClusterAsync(this WebApplication app, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(app);
        await app.Services.GetRequiredService<EventClusterNode>().StartAsync(cancellationToken);
        var backup = app.Services.GetRequiredService<BackupEndpoint>();
        app.Use(next => context => backup.InvokeAsync(context, next));
        app.UseEventClusterEdge();
        app.UseEventClusterPage();
    }
}
