using System.Runtime.InteropServices;
using EventCluster.Hosting.Configuration;
using EventCluster.Hosting.Logging;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;

namespace EventCluster.Hosting.Node;

/// <summary>
/// SIGHUP: the certificate's files and the level of the log are read again. Without a handler the signal would end the process,
/// undrained.
/// </summary>
internal sealed partial class ReloadSignal(
    EventClusterOptions options, ServerCertificates certificates, ILogger<ReloadSignal> logger, LogLevelSwitch? level = null,
    ClusterCertificates? cluster = null) : IHostedService, IDisposable
{
    private PosixSignalRegistration? _registration;

    /// <inheritdoc />
    public Task StartAsync(CancellationToken cancellationToken)
    {
        _registration = PosixSignalRegistration.Create(PosixSignal.SIGHUP, signal =>
        {
            signal.Cancel = true;
            Reload();
        });
        return Task.CompletedTask;
    }

    /// <inheritdoc />
    public Task StopAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    /// <inheritdoc />
    public void Dispose() => _registration?.Dispose();

    /// <summary>Reads again what can change while the server runs.</summary>
    internal void Reload()
    {
        try
        {
            if (options.Tls.CertificatePath.Length > 0)
            {
                certificates.Reload();
            }

            cluster?.Reload();
            if (options.ReadAgain is { } readAgain && level is not null)
            {
                var (fresh, faults) = readAgain();
                if (faults.Count > 0)
                {
                    LogFaults(logger, string.Join(" ", faults));
                    return;
                }

                level.Level = fresh.LogLevel;
            }

            LogReloaded(logger, level?.Level ?? options.LogLevel);
        }
        catch (Exception e)
        {
            LogFaults(logger, e.Message);
        }
    }

    [LoggerMessage(4032, LogLevel.Information, "SIGHUP: certificates and log level ({Level}) were read again; other options need a restart")]
    private static partial void LogReloaded(ILogger logger, LogLevel level);

    [LoggerMessage(4033, LogLevel.Error, "SIGHUP: the configuration has faults, so the log level stays: {Faults}")]
    private static partial void LogFaults(ILogger logger, string faults);
}
